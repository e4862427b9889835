/** Something that went otherwise than hoped: what happened, what is kept, what to do now. */
import { TriangleAlert } from "lucide-preact";
import type { ComponentChildren } from "preact";

export function Notice({ children, testId }: { children: ComponentChildren; testId?: string }) {
  return (
    <div class="notice" role="status" data-testid={testId}>
      <TriangleAlert size={18} aria-hidden="true" />
      <div>{children}</div>
    </div>
  );
}
