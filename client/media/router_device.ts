/**
 * mediasoup-client's device for the router that a welcome names, and whether this browser can be one at all.
 *
 * Invariant: the device is made anew only when the router's capabilities are others than before.
 */
import { Device } from "mediasoup-client";
import type { RtpCapabilities } from "mediasoup-client/types";
import type { Welcome } from "../../rooms/contract/protocol/messages.ts";
import type { MediaOptions } from "./interface.ts";
import { redundantDevice } from "./redundancy.ts";

export class RouterDevice {
  #loaded: { device: Device; capabilities: string } | null = null;

  constructor(private readonly options: Pick<MediaOptions, "handlerName" | "cryptor">) {}

  /** Null where the browser has no WebRTC, or can't encrypt what has to be encrypted. */
  async load({ routerRtpCapabilities }: Pick<Welcome, "routerRtpCapabilities">): Promise<
    Device | null
  > {
    const capabilities = JSON.stringify(routerRtpCapabilities);
    if (this.#loaded?.capabilities === capabilities) return this.#loaded.device;
    const device = this.#make();
    if (device === null) return null;
    await device.load({ routerRtpCapabilities: routerRtpCapabilities as RtpCapabilities });
    this.#loaded = { device, capabilities };
    return device;
  }

  #make(): Device | null {
    const { handlerName, cryptor } = this.options;
    if (cryptor?.supported === false) return null;
    try {
      return cryptor === undefined
        ? redundantDevice(handlerName)
        : new Device(handlerName === undefined ? {} : { handlerName });
    } catch {
      return null;
    }
  }
}
