const core = require('@actions/core');
const path = require('path');
const tools = require('@actions/tool-cache');

(() => {
  const wanted = core.getInput('python-version', { required: true });
  const architecture = core.getInput('architecture') || process.arch;
  const name = core.getBooleanInput('freethreaded') ? `${architecture}-freethreaded` : architecture;
  const folder = tools.find('Python', wanted, name);
  if (!folder) {
    core.setFailed(`The version '${wanted}' with architecture '${name}' was not found in the tool cache.`);
    return;
  }
  const version = path.basename(path.dirname(folder));
  const programs = path.join(folder, 'bin');
  if (core.getBooleanInput('update-environment')) {
    core.exportVariable('pythonLocation', folder);
    core.exportVariable('Python_ROOT_DIR', folder);
    core.addPath(folder);
    core.addPath(programs);
  }
  core.setOutput('python-version', version);
  core.setOutput('python-path', path.join(programs, 'python'));
  core.info(`Successfully set up CPython (${version})`);
})();
