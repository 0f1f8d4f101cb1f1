/** The lines that the demo prints for the user to copy. */
export class Calls {
  /** @param key null if callers need none */
  constructor(
    private readonly url: string,
    private readonly key: string | null,
  ) {}

  first(): string {
    const paths = [...(this.key === null ? [] : ['me']), 'connections', 'sensors', 'readings?limit=3'];
    const calls = [...paths.map((path) => this.curl(path)), this.curl('readings/stream', '-N')];
    const title = this.key === null ? 'Try, in another terminal:' : 'Callers need a key. Try, in another terminal:';
    return [title, '', ...calls, ''].join('\n');
  }

  waveform(readingId: string): string {
    const show = `python3 -c 'import numpy; print(numpy.load("waveform.npy"))'`;
    const save = this.curl(`readings/${readingId}/waveform?format=npy`, '-s -o waveform.npy');
    const picture = `${this.url}/api/readings/${readingId}/waveform.svg`;
    const look =
      this.key === null ? `A picture of it: ${picture}` : `In the console: ${this.url}/console/readings/${readingId}`;
    return ['The first waveform is stored. Take it:', '', save, `  ${show}`, '', look, ''].join('\n');
  }

  private curl(path: string, options = '-s'): string {
    const key = this.key === null ? '' : ` -H 'Authorization: Bearer ${this.key}'`;
    return `  curl ${options}${key} '${this.url}/api/${path}'`;
  }
}
