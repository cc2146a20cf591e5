// As actions/cache/save: whatever goes wrong is a warning, never a red job.
const cache = require('@actions/cache');
const core = require('@actions/core');

(async () => {
  const key = core.getInput('key', { required: true });
  if (!cache.isFeatureAvailable()) {
    core.info('[warning]Cache service is not available.');
    return;
  }
  const id = await cache.saveCache(core.getMultilineInput('path').filter(Boolean), key);
  if (id !== -1) core.info(`Cache saved with key: ${key}`);
})()
  .catch((error) => core.info(`[warning]${error.message}`))
  // As the real one: connections that are still open would keep it alive for many seconds.
  .finally(() => process.exit());
