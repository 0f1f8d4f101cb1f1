import { Listener } from './listener';
import type { Certificate, Upgrade } from './listener';

type Admit = (upgrade: Upgrade) => void;

/** Where one gateway is reached. While it is shut, connections are refused. */
export interface Door {
  readonly url: string;
  /** From now on `admit` decides about everyone who comes. */
  open(admit: Admit): Promise<void>;
  shut(): Promise<void>;
  /** The certificate to show from the next handshake on. @throws an error when there is no TLS here. */
  setCertificate(certificate: Certificate): void;
}

/** A port of its own, as a real gateway has. */
export class OwnPort implements Door {
  private readonly listener: Listener;
  private admit: Admit = refuse;

  /**
   * @param port 0 takes any free one, and keeps it.
   * @param certificate null: no TLS.
   */
  constructor(host: string, port: number, certificate: Certificate | null) {
    this.listener = new Listener(host, port, certificate, (upgrade) => this.admit(upgrade));
  }

  get url(): string {
    return this.listener.url;
  }

  open(admit: Admit): Promise<void> {
    this.admit = admit;
    return this.listener.start();
  }

  shut(): Promise<void> {
    return this.listener.stop();
  }

  setCertificate(certificate: Certificate): void {
    this.listener.setCertificate(certificate);
  }
}

/** One port for many gateways, told apart by path: ten thousand listening sockets would be a test of the machine. */
export class SharedPort {
  private readonly listener: Listener;
  private readonly admitAt = new Map<string, Admit>();

  /** @param port 0 takes any free one. */
  constructor(host: string, port: number) {
    this.listener = new Listener(host, port, null, (upgrade) => {
      const path = upgrade.request.url?.split('?', 1)[0] ?? '';
      (this.admitAt.get(path) ?? refuse)(upgrade);
    });
  }

  start(): Promise<void> {
    return this.listener.start();
  }

  stop(): Promise<void> {
    return this.listener.stop();
  }

  /** The door at this path, shut at first. */
  doorAt(path: string): Door {
    const { listener, admitAt } = this;
    return {
      get url() {
        return listener.url + path;
      },
      open(admit) {
        admitAt.set(path, admit);
        return Promise.resolve();
      },
      shut() {
        admitAt.delete(path);
        return Promise.resolve();
      },
      setCertificate: (certificate) => listener.setCertificate(certificate),
    };
  }
}

/** On a shared port the nearest thing to a refused connection is one that dies without a word of HTTP. */
function refuse({ stream }: Upgrade): void {
  stream.destroy();
}
