/** A picture that the server shows by a token only: fetched when it comes into view, never by its address alone. */
import { useEffect, useRef, useState } from "preact/hooks";

export interface KeptPictureProps {
  /** Path on our own host. */
  path: string;
  /** Goes along as a Bearer token. */
  token: string;
  class?: string;
}

/** Says nothing to assistive technology: what it shows stands beside it in words. */
export function KeptPicture({ path, token, class: className }: KeptPictureProps) {
  const frame = useRef<HTMLSpanElement>(null);
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    let made: string | null = null;
    const show = async () => {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(path, { headers, signal: abort.signal }).catch(() => null);
      const picture = answer?.ok ? await answer.blob().catch(() => null) : null;
      if (picture === null || abort.signal.aborted) return;
      made = URL.createObjectURL(picture);
      setAddress(made);
    };
    const watcher = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      watcher.disconnect();
      void show();
    });
    if (frame.current !== null) watcher.observe(frame.current);
    return () => {
      watcher.disconnect();
      abort.abort();
      if (made !== null) URL.revokeObjectURL(made);
    };
  }, [path, token]);
  return (
    <span class={className} ref={frame}>
      {address !== null && <img src={address} alt="" />}
    </span>
  );
}
