/**
 * Linter's rule *words/from-catalogue*: what people read on screen stands in a catalogue (`client/words/messages/`), not
 * in the code. It sees what stands in markup, in attributes that are read, and strings that are sentences.
 */
import { UNMOVED } from "./unmoved.ts";

const READ_ATTRIBUTE =
  /^(title|placeholder|alt|label|says|aria-(label|description|roledescription|valuetext|placeholder))$/;
const LETTERS = /\p{L}{2}/u;
/** What begins like a sentence and has a second word, or ends like one. */
const SENTENCE = /^\p{Lu}[\p{L}’']*,? \p{L}|^\p{Lu}.*\p{L}[.?…]$/u;
const WORD = /^\p{Lu}\p{Ll}+$/u;
const OF_THE_CLIENT = /\/(client\/(?!dist\/|licences).*\.tsx?)$/;
const NOT_ON_SCREEN = /_test\.tsx?$|\/testing\/|\.build\.ts$|^client\/words\/mak/;
const MOVED =
  "Put this text into a catalogue, and say it from there (CONTRIBUTING.md, Words on the screen)";

/** The file's path from the top where its texts come from catalogues; null elsewhere. */
function watched(filename: string): string | null {
  const file = OF_THE_CLIENT.exec(filename)?.[1];
  if (file === undefined || NOT_ON_SCREEN.test(file)) return null;
  return Object.values(UNMOVED).flat().some((part) => file.startsWith(part)) ? null : file;
}

/** Messages of errors are for whoever looks into the console. */
function isForDevelopers(ancestors: readonly Deno.lint.Node[]): boolean {
  return ancestors.some((node) =>
    node.type === "NewExpression" && node.callee.type === "Identifier" &&
      /Error$/.test(node.callee.name) ||
    node.type === "ImportDeclaration"
  );
}

/** Inside `{…}` of markup, or of an attribute that is read. */
function isShown(ancestors: readonly Deno.lint.Node[]): boolean {
  const braces = ancestors.findLastIndex((node) => node.type === "JSXExpressionContainer");
  const owner = ancestors[braces - 1];
  if (owner === undefined) return false;
  const between = ancestors.slice(braces + 1).map(({ type }) => type);
  return (owner.type !== "JSXAttribute" || READ_ATTRIBUTE.test(nameOf(owner))) &&
    between.every((type) =>
      /^(ConditionalExpression|LogicalExpression|TemplateLiteral)$/.test(type)
    );
}

function nameOf({ name }: Deno.lint.JSXAttribute): string {
  return name.type === "JSXIdentifier" ? name.name : "";
}

export default {
  name: "words",
  rules: {
    "from-catalogue": {
      create(context) {
        if (watched(context.filename) === null) return {};
        const report = (node: Deno.lint.Node) => context.report({ node, message: MOVED });
        const check = (node: Deno.lint.Node, text: string, shown: RegExp) => {
          const ancestors = context.sourceCode.getAncestors(node);
          if (isForDevelopers(ancestors)) return;
          if (SENTENCE.test(text) || shown.test(text) && isShown(ancestors)) report(node);
        };
        return {
          JSXText(node) {
            const names = /^\s*Lectern\s*$/;
            if (LETTERS.test(node.value) && !names.test(node.value)) report(node);
          },
          JSXAttribute(node) {
            const text = node.value?.type === "Literal" ? String(node.value.value) : "";
            if (READ_ATTRIBUTE.test(nameOf(node)) && LETTERS.test(text)) report(node);
          },
          Literal(node) {
            if (typeof node.value === "string") check(node, node.value, WORD);
          },
          TemplateElement(node) {
            check(node, node.cooked, LETTERS);
          },
        };
      },
    },
  },
} satisfies Deno.lint.Plugin;
