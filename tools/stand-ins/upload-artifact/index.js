const { DefaultArtifactClient } = require('@actions/artifact');
const core = require('@actions/core');
const fs = require('fs');
const http = require('http');
const path = require('path');

// act signs its addresses in base64 and insists on the padding, which the client for Azure's storage drops.
const request = http.request;
http.request = (options, ...others) => {
  if (options.path) options.path = options.path.replace(/\bsig=([\w-]{43})(?=&|$)/, 'sig=$1%3D');
  return request(options, ...others);
};

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
