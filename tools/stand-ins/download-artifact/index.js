const { DefaultArtifactClient } = require('@actions/artifact');
const core = require('@actions/core');
const path = require('path');

// Of patterns only `*` is known, which is all that we use.
const fits = (name, pattern) => new RegExp(`^${pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`).test(name);

(async () => {
  try {
    const client = new DefaultArtifactClient();
    const place = core.getInput('path', { required: true });
    const name = core.getInput('name');
    if (name) {
      const { artifact } = await client.getArtifact(name);
      await client.downloadArtifact(artifact.id, { path: place });
    } else {
      // As the real one: each artifact of a pattern in a folder of its own, and none at all is no error.
      const { artifacts } = await client.listArtifacts({ latest: true });
      for (const artifact of artifacts.filter((each) => fits(each.name, core.getInput('pattern', { required: true })))) {
        await client.downloadArtifact(artifact.id, { path: path.join(place, artifact.name) });
      }
    }
    core.setOutput('download-path', path.resolve(place));
  } catch (error) {
    core.setFailed(`Unable to download artifact(s): ${error.message}`);
  }
})();
