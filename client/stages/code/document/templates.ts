/** What a new file begins with: a few lines that run, print and read. */

export interface Template {
  name: string;
  text: string;
}

export const TEMPLATES: Readonly<Record<string, Template>> = {
  python: {
    name: "main.py",
    text: `name = input("What is your name? ")
print(f"Hello, {name}")

# from lectern import plot
# plot([x * x for x in range(20)], title="Squares")
`,
  },
  javascript: {
    name: "main.js",
    text: `const name = await prompt("What is your name? ");
console.log(\`Hello, \${name}\`);

console.table([1, 2, 3].map((n) => ({ n, square: n * n })));
`,
  },
  typescript: {
    name: "main.ts",
    text: `function greet(name: string): string {
  return \`Hello, \${name}\`;
}

console.log(greet(await prompt("What is your name? ")));
`,
  },
  html: {
    name: "index.html",
    text: `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Hello</title>
    <style>
      body { font-family: sans-serif; margin: 2rem; }
    </style>
  </head>
  <body>
    <h1>Hello</h1>
    <button>Count</button>
    <script>
      let count = 0;
      document.querySelector("button").onclick = (event) => {
        event.target.textContent = ++count;
      };
    </script>
  </body>
</html>
`,
  },
  css: { name: "style.css", text: "body {\n  font-family: sans-serif;\n}\n" },
  sql: {
    name: "main.sql",
    text: `CREATE TABLE students (name TEXT, points INTEGER);

INSERT INTO students VALUES ('Ada', 9), ('Tom', 7);

SELECT name, points FROM students ORDER BY points DESC;
`,
  },
  c: {
    name: "main.c",
    text: `#include <stdio.h>

int main(void) {
  char name[64];
  printf("What is your name? ");
  if (scanf("%63s", name) != 1) return 1;
  printf("Hello, %s\\n", name);
  return 0;
}
`,
  },
  cpp: {
    name: "main.cpp",
    text: `#include <iostream>
#include <string>

int main() {
  std::string name;
  std::cout << "What is your name? ";
  std::cin >> name;
  std::cout << "Hello, " << name << "\\n";
}
`,
  },
  java: {
    name: "Main.java",
    text: `public class Main {
  public static void main(String[] args) {
    System.out.println("Hello");
  }
}
`,
  },
  ruby: {
    name: "main.rb",
    text: `print "What is your name? "
name = gets.chomp
puts "Hello, #{name}"
`,
  },
  lua: {
    name: "main.lua",
    text: `io.write("What is your name? ")
local name = io.read()
print("Hello, " .. name)
`,
  },
  markdown: { name: "notes.md", text: "# Notes\n\n" },
};
