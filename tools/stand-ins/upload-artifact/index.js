const { DefaultArtifactClient } = require('@actions/artifact');
const core = require('@actions/core');
const fs = require('fs');
const path = require('path');

(async () => {
  try {
    const given = path.resolve(core.getInput('path', { required: true }));
    const folder = fs.statSync(given).isDirectory();
    const files = folder
      ? fs.readdirSync(given, { recursive: true, withFileTypes: true }).filter((each) => each.isFile()).map((each) => path.join(each.parentPath ?? each.path, each.name))
      : [given];
    const { id } = await new DefaultArtifactClient().uploadArtifact(core.getInput('name'), files, folder ? given : path.dirname(given));
    core.setOutput('artifact-id', id);
  } catch (error) {
    core.setFailed(error.message);
  }
})();
