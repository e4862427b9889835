/**
 * What Python has before a program runs: a console that reaches the run, input that can wait, the lesson's files as
 * modules, and `lectern`, which shows pictures.
 */

/** Where the lesson's files are while a program runs; it is also the working directory. */
export const LESSON_FOLDER = "/lesson";
export const LIBRARY_FOLDER = "/lectern";

export const PRELUDE = `
import builtins, io, os, shutil, sys, traceback, types
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from pyodide.ffi import run_sync, can_run_sync
import lectern_host as host

LESSON = "${LESSON_FOLDER}"
sys.path.insert(0, "${LIBRARY_FOLDER}")

class Output(io.TextIOBase):
    encoding = "utf-8"
    def __init__(self, write):
        self._write = write
    def writable(self):
        return True
    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._write(text)
        return len(text)
    def flush(self):
        pass

class Input(io.TextIOBase):
    encoding = "utf-8"
    def readable(self):
        return True
    def readline(self, size=-1):
        line = host.typed()
        if line is not None:
            return line
        if not can_run_sync():
            raise EOFError("This browser can't wait for input. Write it under Input before you press Run.")
        return run_sync(host.read())
    def read(self, size=-1):
        lines = []
        while line := self.readline():
            lines.append(line)
        return "".join(lines)
    def __next__(self):
        line = self.readline()
        if not line:
            raise StopIteration
        return line

def read_input(prompt=""):
    sys.stdout.write(str(prompt))
    line = sys.stdin.readline()
    if not line:
        raise EOFError("the input ended")
    return line.removesuffix("\\n")

def clean():
    """Leaves nothing of an earlier program."""
    for name, module in list(sys.modules.items()):
        if (getattr(module, "__file__", None) or "").startswith(LESSON):
            del sys.modules[name]
    os.chdir("/")
    shutil.rmtree(LESSON, ignore_errors=True)
    os.makedirs(LESSON)
    os.chdir(LESSON)
    sys.path[:] = [LESSON] + [path for path in sys.path if path != LESSON]

def put(name, text):
    path = os.path.join(LESSON, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)

def run(entry):
    sys.stdout, sys.stderr, sys.stdin = Output(host.stdout), Output(host.stderr), Input()
    builtins.input = read_input
    sys.argv = [entry]
    main = types.ModuleType("__main__")
    main.__file__ = entry
    sys.modules["__main__"] = main
    import importlib, linecache
    importlib.invalidate_caches()
    linecache.clearcache()
    try:
        with open(os.path.join(LESSON, entry), encoding="utf-8") as file:
            source = file.read()
        code = compile(source, entry, "exec", PyCF_ALLOW_TOP_LEVEL_AWAIT)
        result = eval(code, main.__dict__)
        if isinstance(result, types.CoroutineType):
            run_sync(result)
        return 0
    except SystemExit as exit:
        if exit.code is None or isinstance(exit.code, int):
            return exit.code or 0
        sys.stderr.write(f"{exit.code}\\n")
        return 1
    except BaseException as error:
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_code.co_filename != entry:
            trace = trace.tb_next
        text = "".join(traceback.format_exception(type(error), error, trace))
        sys.stderr.write(text.replace(LESSON + "/", ""))
        return 1
`;

/** The module that a program imports to show pictures. */
export const LECTERN_MODULE = `"""Shows pictures beside the output: show(image) and plot(values)."""
import struct
import zlib
import lectern_host as _host


def png(rows):
    """PNG bytes of rows of pixels: numbers 0-255 for grey, or (r, g, b) or (r, g, b, a)."""
    rows = [list(row) for row in rows]
    if not rows or not rows[0]:
        raise ValueError("the image has no pixels")
    width = len(rows[0])
    first = rows[0][0]
    depth = 1 if not hasattr(first, "__len__") else len(first)
    if depth not in (1, 3, 4):
        raise ValueError("a pixel is a number, (r, g, b) or (r, g, b, a)")
    clamp = lambda value: max(0, min(255, int(value)))
    raw = bytearray()
    for row in rows:
        if len(row) != width:
            raise ValueError("the rows differ in length")
        raw.append(0)
        if depth == 1:
            raw.extend(clamp(value) for value in row)
        else:
            raw.extend(clamp(value) for pixel in row for value in pixel)

    def chunk(kind, data):
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, len(rows), 8, {1: 0, 3: 2, 4: 6}[depth], 0, 0, 0)
    return (b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", header)
            + chunk(b"IDAT", zlib.compress(bytes(raw), 6)) + chunk(b"IEND", b""))


def show(image):
    """Shows rows of pixels, PNG bytes or the text of an SVG."""
    if hasattr(image, "_repr_png_"):
        image = image._repr_png_()
    elif hasattr(image, "_repr_svg_"):
        image = image._repr_svg_()
    if isinstance(image, str):
        _host.image("image/svg+xml", image.encode())
    elif isinstance(image, (bytes, bytearray)):
        _host.image("image/png", bytes(image))
    else:
        _host.image("image/png", png(image))


def plot(*series, title="", width=520, height=300):
    """Draws lines: plot(ys), plot((xs, ys)), or several of them."""
    from html import escape
    colours = ("#34509c", "#b4552d", "#2e7d57", "#7a4fa3", "#8a6d1a")
    lines = []
    for one in series:
        if isinstance(one, tuple) and len(one) == 2 and hasattr(one[0], "__len__"):
            lines.append((list(one[0]), list(one[1])))
        else:
            ys = list(one)
            lines.append((list(range(len(ys))), ys))
    xs = [x for line in lines for x in line[0]]
    ys = [y for line in lines for y in line[1]]
    if not xs:
        raise ValueError("there is nothing to plot")
    x0, x1, y0, y1 = min(xs), max(xs), min(ys), max(ys)
    x1, y1 = (x1 if x1 > x0 else x0 + 1), (y1 if y1 > y0 else y0 + 1)
    left, right, top, bottom = 52, 14, (34 if title else 14), 30
    at_x = lambda x: left + (x - x0) / (x1 - x0) * (width - left - right)
    at_y = lambda y: height - bottom - (y - y0) / (y1 - y0) * (height - top - bottom)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
             f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>']
    if title:
        parts.append(f'<text x="{width / 2}" y="22" text-anchor="middle" font-size="14">{escape(str(title))}</text>')
    for i in range(5):
        x, y = x0 + (x1 - x0) * i / 4, y0 + (y1 - y0) * i / 4
        parts.append(f'<path d="M{left} {at_y(y):.1f}H{width - right}" stroke="#ddd"/>'
                     f'<text x="{left - 6}" y="{at_y(y) + 4:.1f}" text-anchor="end" fill="#555">{y:.4g}</text>'
                     f'<text x="{at_x(x):.1f}" y="{height - 10}" text-anchor="middle" fill="#555">{x:.4g}</text>')
    for i, (line_x, line_y) in enumerate(lines):
        points = " ".join(f"{at_x(x):.1f},{at_y(y):.1f}" for x, y in zip(line_x, line_y))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colours[i % 5]}" stroke-width="2"/>')
    show("".join(parts) + "</svg>")
`;
