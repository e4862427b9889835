/**
 * Ruby by ruby.wasm: a fresh interpreter each run from the module that the worker keeps.
 *
 * The program runs in a fiber, so that `gets` can wait for somebody who types.
 */
import { RubyVM } from "@ruby/wasm-wasi";
import { WASI } from "@bjorn3/browser_wasi_shim";
import { Runtime } from "../runtimes.ts";
import { serve } from "../serve.ts";
import { lessonFolder, LineStream, TextStream } from "../wasi.ts";

const PRELUDE = `
require "js"
$stdout.sync = true
$stderr.sync = true
module LecternInput
  def self.line
    typed = JS.global.call(:lecternTyped)
    typed = JS.global.call(:lecternRead).await if typed.typeof == "undefined"
    text = typed.to_s
    text.empty? ? nil : text
  end
end
module Kernel
  def gets(*)
    $_ = LecternInput.line
  end
  def readline(*)
    gets or raise EOFError, "the input ended"
  end
  def readlines(*)
    lines = []
    while (line = LecternInput.line)
      lines << line
    end
    lines
  end
end
class << $stdin
  def gets(*) = LecternInput.line
  def readline(*) = LecternInput.line || raise(EOFError, "the input ended")
  def each_line
    while (line = LecternInput.line)
      yield line
    end
  end
  def readlines(*) = Kernel.readlines
  def read(*)
    all = +""
    each_line { |line| all << line }
    all
  end
end
`;

/** Runs the file and answers its exit code; an error is printed without the frames that are ours. */
const RUN = `
begin
  Dir.chdir("/lesson")
  $0 = $PROGRAM_NAME = JS.global[:lecternEntry].to_s
  load "/lesson/" + $0
  0
rescue SystemExit => exit
  exit.status
rescue Exception => error
  ours = ->(line) { line.start_with?("/lesson/") }
  lines = (error.backtrace || []).select(&ours).map { |line| line.delete_prefix("/lesson/") }
  message = error.message.gsub("/lesson/", "")
  if error.is_a?(SyntaxError)
    $stderr.puts message
  else
    $stderr.puts "#{lines.first || $0}: #{message} (#{error.class})"
    lines.drop(1).each { |line| $stderr.puts "\\tfrom #{line}" }
  end
  1
ensure
  $stdout.flush
end
`;

serve<WebAssembly.Module>({
  reusable: true,
  async load(progress) {
    const runtime = await Runtime.find("ruby");
    const [bytes] = await runtime.fetch(["ruby+stdlib.wasm"], progress);
    return await WebAssembly.compile(bytes!);
  },
  async run(module, { entry, files }, io) {
    const asLine = (line: string | null) => line === null ? "" : `${line}\n`;
    Object.assign(globalThis, {
      lecternEntry: entry,
      lecternTyped: () => {
        const line = io.typedLine();
        return line === undefined ? undefined : asLine(line);
      },
      lecternRead: () => io.readLine().then(asLine),
    });
    const system = new WASI([], [], [
      new LineStream(io),
      new TextStream((text) => io.stdout(text)),
      new TextStream((text) => io.stderr(text)),
      lessonFolder("/lesson", files),
    ], { debug: false });
    const { vm } = await RubyVM.instantiateModule({ module, wasip1: system });
    vm.eval(PRELUDE);
    return Number((await vm.evalAsync(RUN)).toString());
  },
});
