/** Programs run in every language, and both people see the same. */
import { expect } from "@std/expect";
import {
  answer,
  byId,
  type CodeLesson,
  codeTests,
  ended,
  output,
  run,
  showFile,
  startRun,
  upload,
} from "../support/browser/code_lesson.ts";
import { until } from "../support/browser/lectern.ts";

const codeTest = codeTests();

interface Sample {
  language: string;
  files: Record<string, string>;
  /** Without input there is nothing to type. */
  reads: boolean;
  prints: string;
  /** The error's place as it is shown, and its line. */
  place: string;
  line: number;
}

/** Each prints by way of a second file, reads a line where the language can, and fails on a known line. */
const SAMPLES: readonly Sample[] = [
  {
    language: "JavaScript",
    files: {
      "twice.js": "export const twice = (n) => 2 * n;\n",
      "main.js": 'import { twice } from "./twice.js";\nconst name = await prompt("Name? ");\n' +
        "console.log(`Hello, ${name} ${twice(21)}`);\nnull.length;\n",
    },
    reads: true,
    prints: "Name? Ada\nHello, Ada 42",
    place: "main.js:4:",
    line: 4,
  },
  {
    language: "TypeScript",
    files: {
      "twice.ts": "export const twice = (n: number): number => 2 * n;\n",
      "main.ts": 'import { twice } from "./twice";\ninterface Person {\n  name: string;\n}\n' +
        'const one: Person = { name: await prompt("Name? ") };\n' +
        'console.log(`Hello, ${one.name} ${twice(21)}`);\nthrow new Error("seven");\n',
    },
    reads: true,
    prints: "Name? Ada\nHello, Ada 42",
    place: "main.ts:7:",
    line: 7,
  },
  {
    language: "Python",
    files: {
      "twice.py": "def twice(n):\n    return 2 * n\n",
      "main.py": 'from twice import twice\nname = input("Name? ")\n' +
        'print(f"Hello, {name} {twice(21)}")\n1 / 0\n',
    },
    reads: true,
    prints: "Name? Ada\nHello, Ada 42",
    place: 'File "main.py", line 4',
    line: 4,
  },
  {
    language: "SQL",
    files: { "main.sql": "SELECT 'Hello' AS word,\n 42 AS number;\n\nSELECT * FROM nowhere;\n" },
    reads: false,
    prints: "Hello",
    place: "main.sql:4",
    line: 4,
  },
  {
    language: "Lua",
    files: {
      "twice.lua": "return function(n) return 2 * n end\n",
      "main.lua": 'local twice = require("twice")\nio.write("Name? ")\nlocal name = io.read()\n' +
        'print("Hello, " .. name .. " " .. twice(21))\nerror("five")\n',
    },
    reads: true,
    prints: "Name? Ada\nHello, Ada 42",
    place: "main.lua:5",
    line: 5,
  },
  {
    language: "C",
    files: {
      "twice.h": "int twice(int n);\n",
      "twice.c": '#include "twice.h"\nint twice(int n) { return 2 * n; }\n',
      "main.c": '#include <stdio.h>\n#include "twice.h"\nint main(void) {\n  char name[16];\n' +
        '  printf("Name? ");\n  scanf("%15s", name);\n' +
        '  printf("Hello, %s %d\\n", name, twice(21));\n  return 1 / twice(0);\n}\n',
    },
    reads: true,
    prints: "Name? Ada\nHello, Ada 42",
    place: "main.c:8:",
    line: 8,
  },
  {
    language: "C++",
    files: {
      "main.cpp": "#include <iostream>\n#include <vector>\nint main() {\n  std::string name;\n" +
        '  std::cout << "Name? ";\n  std::cin >> name;\n' +
        "  std::vector<int> numbers{42};\n" +
        '  std::cout << "Hello, " << name << " " << numbers[0];\n' +
        "  return numbers[name.size()];\n}\n",
    },
    reads: true,
    prints: "Name? Ada\nHello, Ada 42",
    place: "main.cpp:9:",
    line: 9,
  },
  {
    language: "Ruby",
    files: {
      "twice.rb": "def twice(n) = 2 * n\n",
      "main.rb": 'require_relative "twice"\nprint "Name? "\nname = gets.chomp\n' +
        'puts "Hello, #{name} #{twice(21)}"\nraise "five"\n',
    },
    reads: true,
    prints: "Name? Ada\nHello, Ada 42",
    place: "main.rb:5",
    line: 5,
  },
];

/** Brings the files, runs the last, answers its question, and goes to where it failed. */
async function runSample({ mia, ada, errors }: CodeLesson, sample: Sample): Promise<void> {
  const { language, files, reads, prints, line, place } = sample;
  await upload(mia, files);
  await startRun(mia);
  if (reads) await answer(mia, "Ada", 90_000);
  const exit = await ended(mia, 90_000);
  const seen = await output(mia);
  expect([language, seen, exit]).toEqual([
    language,
    expect.stringContaining(prints),
    line > 0 ? "1" : "0",
  ]);
  expect(await until(() => output(ada), (text) => text === seen)).toBe(seen);
  expect(await byId(ada, "code-status").innerText()).toContain("Mia");
  if (line > 0) {
    await byId(mia, "code-place").filter({ hasText: place }).first().click();
    const active = mia.locator(".code-editor .line-numbers.active-line-number");
    await until(() => active.textContent(), (text) => text?.trim() === String(line));
  }
  expect(errors).toEqual([]);
}

for (const sample of SAMPLES) {
  codeTest(
    `${sample.language} prints, reads a line, fails at its line, and both see it`,
    (lesson) => runSample(lesson, sample),
  );
}

codeTest("C says where the compiler stumbled, and the next program runs", async ({ mia }) => {
  await upload(mia, { "wrong.c": "int main(void) {\n  return 0\n}\n" });
  expect(await run(mia, 90_000)).toBe("1");
  expect(await output(mia)).toContain("wrong.c:2:");
  await upload(mia, { "right.c": '#include <stdio.h>\nint main(void) { puts("fine"); }\n' });
  expect(await run(mia)).toBe("0");
  expect(await output(mia)).toContain("fine");
});

codeTest(
  "pictures and tables are shown to both, and a page is previewed live",
  async ({ mia, ada }) => {
    await upload(mia, {
      "plot.py": "from lectern import plot, show\nplot([1, 4, 9], title='Squares')\n" +
        "show([[0, 255], [255, 0]])\nprint('drawn')\n",
    });
    expect(await run(mia, 90_000)).toBe("0");
    for (const page of [mia, ada]) {
      const pictures = page.locator(".code-picture");
      await until(() => pictures.count(), (count) => count === 2);
      await until(
        () =>
          pictures.evaluateAll((all) => all.map((one) => (one as HTMLImageElement).naturalWidth)),
        (widths) => widths[0] === 520 && widths[1] === 2,
      );
    }
    await upload(mia, { "table.js": "console.table([{ a: 1, b: 2 }, { a: 3 }]);\n" });
    expect(await run(mia)).toBe("0");
    await ada.getByRole("cell", { name: "3" }).waitFor();

    await upload(mia, {
      "style.css": "h1 { color: rgb(1, 2, 3); }",
      "page.js": "document.querySelector('h1').textContent += ' there'; console.log('loaded');",
      "index.html": "<link rel=stylesheet href=style.css><h1>Hi</h1><script src=page.js></script>",
    });
    await byId(mia, "code-run").click();
    await byId(ada, "preview-run").click();
    for (const page of [mia, ada]) {
      const heading = page.frameLocator("[data-testid=code-preview]").getByRole("heading");
      await until(() => heading.textContent(), (text) => text === "Hi there");
      expect(await heading.evaluate((node) => getComputedStyle(node).color)).toBe("rgb(1, 2, 3)");
    }
    await byId(ada, "code-tab-output").click();
    await until(() => output(ada), (text) => text.includes("loaded"));
  },
);

codeTest("a tutor's tests pass and fail on each run, for the student too", async ({ mia, ada }) => {
  await upload(mia, { "tested.js": "const n = Number(await prompt());\nconsole.log(n * 2);\n" });
  await byId(mia, "code-tab-tests").click();
  const add = async (index: number, id: string, field: string, value: string, input?: string) => {
    await byId(mia, id).click();
    const one = byId(mia, "code-case").nth(index);
    if (input !== undefined) await one.getByLabel("Input").fill(input);
    await one.getByLabel(field).fill(value);
    await one.getByLabel(field).blur();
  };
  await add(0, "code-test-add", "Expected output", "42", "21");
  await add(1, "code-test-add", "Expected output", "7", "3");
  await add(2, "code-test-add-code", "Code after the program", "assert(n === 1);");
  await showFile(ada, "tested.js");
  await byId(ada, "code-tab-output").click();
  await startRun(ada);
  await answer(ada, "1");
  await byId(mia, "code-tab-output").click();
  await byId(mia, "code-verdict").waitFor({ timeout: 30_000 });
  expect(await byId(mia, "code-verdict").innerText()).toBe("1 of 3 tests pass");
  await byId(ada, "code-verdict").click();
  const verdicts = byId(ada, "code-case");
  expect(await verdicts.evaluateAll((all) => all.map((one) => one.getAttribute("data-verdict"))))
    .toEqual(["passed", "failed", "failed"]);
  expect(await verdicts.nth(1).innerText()).toContain("6");
});
