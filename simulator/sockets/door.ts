import { Listener } from './listener';
import type { Certificate, Upgrade } from './listener';

type Admit = (upgrade: Upgrade) => void;

/** The address at which a gateway accepts clients. While it is shut, connections are refused. */
export interface Door {
  readonly url: string;
  /** Passes every upgrade request to `admit` from now on. */
  open(admit: Admit): Promise<void>;
  shut(): Promise<void>;
  /** Sets the certificate for later handshakes. @throws Error without TLS */
  setCertificate(certificate: Certificate): void;
}

/** A dedicated port, as a real gateway has. */
export class OwnPort implements Door {
  private readonly listener: Listener;
  private admit: Admit = refuse;

  /**
   * @param port 0 picks a free port and keeps it
   * @param certificate null disables TLS
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

/** One port for many gateways, distinguished by path: ten thousand listening sockets would be a test of the machine. */
export class SharedPort {
  private readonly listener: Listener;
  private readonly admitAt = new Map<string, Admit>();

  /** @param port 0 picks a free port */
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

  /** The `Door` for this path, initially shut. */
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

/** A shared port cannot refuse a connection. The closest is to destroy it without an HTTP answer. */
function refuse({ stream }: Upgrade): void {
  stream.destroy();
}
