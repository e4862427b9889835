/** The text of a message with its links and code. It is built from nodes, never from markup. */
import { useMemo } from "preact/hooks";
import { type Piece, piecesOf } from "./message_text.ts";

export function MessageText({ text }: { text: string }) {
  const pieces = useMemo(() => piecesOf(text), [text]);
  return (
    <div class="chat-text">
      {pieces.map((piece, index) => <PieceOfText key={index} piece={piece} />)}
    </div>
  );
}

function PieceOfText({ piece }: { piece: Piece }) {
  switch (piece.kind) {
    case "text":
      return <>{piece.text}</>;
    case "link":
      return (
        <a href={piece.href} target="_blank" rel="noopener noreferrer nofollow">{piece.text}</a>
      );
    case "code":
      return <code>{piece.text}</code>;
    case "block":
      return (
        <pre tabIndex={0}>
          <code>{piece.text}</code>
        </pre>
      );
  }
}
