// As actions/cache/restore: a miss is no error, and a service that is away only warns.
const cache = require('@actions/cache');
const core = require('@actions/core');

const lines = (name) => core.getMultilineInput(name).filter(Boolean);

(async () => {
  const key = core.getInput('key', { required: true });
  core.setOutput('cache-primary-key', key);
  if (!cache.isFeatureAvailable()) {
    core.info('[warning]Cache service is not available.');
    core.setOutput('cache-hit', 'false');
    return;
  }
  const found = await cache.restoreCache(lines('path'), key, lines('restore-keys'));
  if (!found) {
    core.info(`Cache not found for input keys: ${[key, ...lines('restore-keys')].join(', ')}`);
    return;
  }
  core.setOutput('cache-matched-key', found);
  core.setOutput('cache-hit', String(found === key));
  core.info(`Cache restored from key: ${found}`);
})()
  .catch((error) => core.setFailed(error.message))
  // As the real one: connections that are still open would keep it alive for many seconds.
  .finally(() => process.exit());
