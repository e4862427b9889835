/** What a program showed besides text: a table or a picture, in its place in the output. */
import { displayAt, type RunEntry } from "../../../../rooms/contract/document/reading.ts";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import "./display.css";

/** The n-th display of a run; nothing while it isn't there, or isn't one that can be read. */
export function DisplayOf({ run, index }: { run: RunEntry; index: number }) {
  const display = displayAt(run.map, index);
  if (display === undefined) return null;
  return display.kind === "table" ? <Table {...display} /> : <Picture {...display} />;
}

function Table({ columns, rows }: { columns: string[]; rows: string[][] }) {
  return (
    <div class="code-table">
      <table>
        <thead>
          <tr>{columns.map((name, index) => <th key={index} scope="col">{name}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>{row.map((cell, column) => <td key={column}>{cell}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** An SVG in an image runs no scripts and fetches nothing. */
function Picture({ mime, bytes }: { mime: string; bytes: Uint8Array }) {
  const url = useSignal("");
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([bytes.slice()], { type: mime }));
    url.value = made;
    return () => URL.revokeObjectURL(made);
  }, [bytes]);
  if (url.value === "") return null;
  return <img class="code-picture" src={url.value} alt="Picture made by the program" />;
}
