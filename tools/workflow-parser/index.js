// Says what GitHub's own parser has against workflows and actions: paths below the working directory as arguments, one JSON
// object on standard output, `{path: [message, …]}`. Behind `--` stand `reference=path`: which file a called workflow is;
// those that are called by `$/` or `./` are found by themselves.

import fs from "node:fs";
import {NoOperationTraceWriter, convertWorkflowTemplate, parseWorkflow} from "@actions/workflow-parser";
import {parseAction} from "@actions/workflow-parser/actions/action-parser";
import {convertActionTemplate} from "@actions/workflow-parser/actions/action-template";
import {fileIdentifier} from "@actions/workflow-parser/workflows/file-reference";

const words = process.argv.slice(2);
const end = words.includes("--") ? words.indexOf("--") : words.length;
const callees = new Map(words.slice(end + 1).map(word => word.split("=", 2)));

const file = path => ({name: path, content: fs.readFileSync(path, "utf8")});
const provider = {
  async getFileContent(reference) {
    const name = fileIdentifier(reference);
    return {...file(callees.get(name) ?? reference.path), name};
  }
};

async function problems(path) {
  const isAction = /(^|\/)action\.ya?ml$/.test(path);
  const parsed = (isAction ? parseAction : parseWorkflow)(file(path), new NoOperationTraceWriter());
  if (parsed.value && isAction) convertActionTemplate(parsed.context, parsed.value);
  if (parsed.value && !isAction)
    await convertWorkflowTemplate(parsed.context, parsed.value, provider, {fetchReusableWorkflowDepth: 1});
  return parsed.context.errors.getErrors().map(error => error.message);
}

async function main() {
  const found = {};
  for (const path of words.slice(0, end)) found[path] = await problems(path);
  process.stdout.write(JSON.stringify(found) + "\n");
}

main();
