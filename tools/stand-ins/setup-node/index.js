const core = require('@actions/core');
const path = require('path');
const tools = require('@actions/tool-cache');

(() => {
  const wanted = core.getInput('node-version', { required: true });
  const folder = tools.find('node', wanted);
  core.addPath(folder ? path.join(folder, 'bin') : path.dirname(process.execPath));
  core.setOutput('node-version', folder ? path.basename(path.dirname(folder)) : process.versions.node);
  core.info(folder ? `Found ${folder}` : `Node.js ${wanted} is not in the tool cache: ${process.version} is taken`);
})();
