// Says what GitHub's own evaluator makes of expressions: reads `{"expressions": [text, …], "contexts": {name: value, …}}` from
// standard input, prints a JSON array of texts, as a step gets them. A text is what stands in a workflow; one `${{ … }}` is all of it.

import fs from "node:fs";
import {Evaluator, Lexer, Parser, data} from "@actions/expressions";

const {expressions, contexts} = JSON.parse(fs.readFileSync(0, "utf8"));
const known = JSON.parse(JSON.stringify(contexts), data.reviver);

function evaluated(text) {
  const found = /^\$\{\{(.*)\}\}$/s.exec(text);
  if (!found) return text;
  const {tokens} = new Lexer(found[1]).lex();
  const tree = new Parser(tokens, Object.keys(contexts), []).parse();
  return new Evaluator(tree, known).evaluate().coerceString();
}

process.stdout.write(JSON.stringify(expressions.map(evaluated)) + "\n");
