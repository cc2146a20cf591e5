const { DefaultArtifactClient } = require('@actions/artifact');
const core = require('@actions/core');

(async () => {
  try {
    const client = new DefaultArtifactClient();
    const { artifact } = await client.getArtifact(core.getInput('name', { required: true }));
    const { downloadPath } = await client.downloadArtifact(artifact.id, { path: core.getInput('path', { required: true }) });
    core.setOutput('download-path', downloadPath);
  } catch (error) {
    core.setFailed(`Unable to download artifact(s): ${error.message}`);
  }
})();
