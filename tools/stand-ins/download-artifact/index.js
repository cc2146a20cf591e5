const { DefaultArtifactClient } = require('@actions/artifact');
const core = require('@actions/core');
const path = require('path');

function matcher(pattern) {
  const parts = (pattern || '*').split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const expression = new RegExp(`^${parts.join('.*')}$`);
  return (name) => expression.test(name);
}

(async () => {
  try {
    const client = new DefaultArtifactClient();
    const name = core.getInput('name');
    const folder = path.resolve(core.getInput('path', { required: true }));
    const token = core.getInput('github-token');
    const [repositoryOwner, repositoryName] = core.getInput('repository').split('/');
    const options = token
      ? { findBy: { token, workflowRunId: parseInt(core.getInput('run-id')), repositoryOwner, repositoryName } }
      : {};
    let artifacts;
    if (name) {
      artifacts = [(await client.getArtifact(name, options)).artifact];
    } else {
      const fits = matcher(core.getInput('pattern'));
      artifacts = (await client.listArtifacts({ latest: true, ...options })).artifacts.filter((each) => fits(each.name));
    }
    const together = artifacts.length === 1 || core.getBooleanInput('merge-multiple');
    for (const each of artifacts) {
      const where = together ? folder : path.join(folder, each.name);
      await client.downloadArtifact(each.id, { ...options, path: where, expectedHash: each.digest });
    }
    core.info(`Total of ${artifacts.length} artifact(s) downloaded`);
    core.setOutput('download-path', folder);
  } catch (error) {
    core.setFailed(`Unable to download artifact(s): ${error.message}`);
  }
})();
