const core = require('@actions/core');
const fs = require('fs');
const path = require('path');

try {
  const given = core.getInput('sarif_file', { required: true });
  const files = fs.statSync(given).isDirectory()
    ? fs.readdirSync(given).filter((name) => name.endsWith('.sarif')).map((name) => path.join(given, name))
    : [given];
  if (files.length === 0) throw new Error(`No SARIF files found to upload in "${given}".`);
  const seen = new Set();
  for (const file of files) {
    for (const run of JSON.parse(fs.readFileSync(file, 'utf8')).runs) {
      const key = `${run.tool.driver.name} ${run.automationDetails?.id}`;
      if (seen.has(key)) throw new Error(`Aborting upload: several runs with the same tool and category: ${key}`);
      seen.add(key);
      core.info(`code scanning takes: ${key}, ${run.results.length} results`);
    }
  }
  if (process.env.CODE_SCANNING_REFUSES) throw new Error(process.env.CODE_SCANNING_REFUSES);
} catch (error) {
  core.setFailed(error.message);
}
