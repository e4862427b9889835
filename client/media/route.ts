/**
 * One life of the media connection: a send and a receive transport, kept alive while the network changes.
 *
 * A path that breaks is repaired by an ICE restart; one that stays broken is given up, once, by `onLost`, and whoever
 * opened the route makes a new one. Producers and consumers die with it.
 */
import type { Device } from "mediasoup-client";
import type { AppData, Transport, TransportOptions } from "mediasoup-client/types";
import { RoomError } from "../../rooms/contract/errors.ts";
import type { MediaSource } from "../../rooms/contract/document/schema.ts";
import type { ParamsOf } from "../../rooms/contract/protocol/messages.ts";
import type { MediaConnection } from "../connection/interface.ts";
import { sendable } from "./redundancy.ts";

/** A path often mends by itself within this time. */
const DISCONNECTED_GRACE_MS = 1_000;
/** An ICE restart that hasn't connected by then won't. */
const RESTART_TIMEOUT_MS = 5_000;

/** What a producer is made with, besides its track. */
export interface ProducerData extends AppData {
  source: MediaSource;
  on: boolean;
  /** A voice: it may be sent redundantly. */
  voice: boolean;
}

export interface RouteEvents {
  /** A transport has a path. */
  onConnected(): void;
  /** A transport lost its path; it may come back. */
  onBroken(): void;
  /** Nothing more will come through here. */
  onLost(): void;
}

export class MediaRoute {
  #closed = false;
  readonly #timers = new Map<Transport, ReturnType<typeof setTimeout>>();

  private constructor(
    readonly device: Device,
    readonly send: Transport,
    readonly recv: Transport,
    readonly connection: MediaConnection,
    private readonly events: RouteEvents,
  ) {
    for (const transport of [send, recv]) this.#look(transport);
  }

  /** @throws RoomError when the server makes no transports. */
  static async open(
    device: Device,
    connection: MediaConnection,
    events: RouteEvents,
    peerSettings: Record<string, unknown> = {},
  ): Promise<MediaRoute> {
    const [send, recv] = await Promise.all([
      connection.request("media.createTransport", { direction: "send" }),
      connection.request("media.createTransport", { direction: "recv" }),
    ]);
    return new MediaRoute(
      device,
      device.createSendTransport(withSettings(send, peerSettings)),
      device.createRecvTransport(withSettings(recv, peerSettings)),
      connection,
      events,
    );
  }

  get closed(): boolean {
    return this.#closed;
  }

  owns(transportId: string): boolean {
    return this.send.id === transportId || this.recv.id === transportId;
  }

  /** Gives the route up: everything has to be made anew. */
  lose(): void {
    if (this.#closed) return;
    this.close();
    this.events.onLost();
  }

  /** Closes both ends; the server is told so that it needn't wait for a time-out. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const transport of [this.send, this.recv]) {
      transport.close();
      this.connection.request("media.closeTransport", { transportId: transport.id })
        .catch(() => {});
    }
  }

  /**
   * Looks for new paths after the network changed, or the socket was lost and came back: what broke the one probably
   * broke the other, and the browser takes seconds to notice. A path that still works is used until there is another.
   */
  repair(): void {
    for (const transport of [this.send, this.recv]) {
      const { connectionState } = transport;
      if (connectionState !== "new" && connectionState !== "connecting") {
        void this.#restartIce(transport);
      }
    }
  }

  #look(transport: Transport): void {
    const { connection } = this;
    transport.on("connect", ({ dtlsParameters }, done, failed) => {
      connection.request("media.connectTransport", {
        transportId: transport.id,
        dtlsParameters,
      }).then(done, failed);
    });
    transport.on("produce", ({ kind, rtpParameters, appData }, done, failed) => {
      const { source, on, voice } = appData as ProducerData;
      const told = voice ? sendable(transport, rtpParameters) : rtpParameters;
      connection.request("media.produce", {
        transportId: transport.id,
        kind,
        source,
        on,
        rtpParameters: told as ParamsOf<"media.produce">["rtpParameters"],
      }).then(({ producerId }) => done({ id: producerId }), failed);
    });
    transport.on("connectionstatechange", (state) => {
      clearTimeout(this.#timers.get(transport));
      if (state === "connected") this.events.onConnected();
      if (state === "failed" || state === "disconnected") this.events.onBroken();
      if (state === "failed") void this.#restartIce(transport);
      if (state === "disconnected") {
        const restart = () => void this.#restartIce(transport);
        this.#timers.set(transport, setTimeout(restart, DISCONNECTED_GRACE_MS));
      }
    });
  }

  async #restartIce(transport: Transport): Promise<void> {
    if (this.#closed) return;
    clearTimeout(this.#timers.get(transport));
    this.#timers.set(
      transport,
      setTimeout(() => {
        if (transport.connectionState !== "connected") this.lose();
      }, RESTART_TIMEOUT_MS),
    );
    try {
      const iceParameters = await this.connection.request("media.restartIce", {
        transportId: transport.id,
      });
      if (!this.#closed) {
        await transport.restartIce({
          iceParameters: iceParameters as TransportOptions["iceParameters"],
        });
      }
    } catch (error) {
      // Any other answer than that there is no link means that the transport is gone.
      if (!(error instanceof RoomError) || error.code !== "unavailable") return this.lose();
      // The socket's return asks again: the network changed under both.
      clearTimeout(this.#timers.get(transport));
    }
  }
}

/** The server's options, and what the peer connection is to be made with. */
function withSettings(
  options: unknown,
  additionalSettings: Record<string, unknown>,
): TransportOptions {
  return { ...options as TransportOptions, additionalSettings };
}
