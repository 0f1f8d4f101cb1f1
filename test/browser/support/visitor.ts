import type { Browser, BrowserContext, Page } from 'playwright-core';

/** Answers of the service that a page may get: the browser reports them on its console, and the test asks for them on purpose. */
const EXPECTED =
  /the server responded with a status of (400|401|404|409|412|422|503)|ERR_(CONNECTION_REFUSED|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE|CONNECTION_RESET)/;

/** A last resort, shorter than that of a test, so that a failure names what was waited for. */
const TIMEOUT_MS = 30_000;

/** A page of the console that shows nothing. */
const NOWHERE = { path: 'nowhere', title: 'Page not found' };

/** Somebody at a browser, who notices everything that a page must not do. */
export class Visitor {
  /** What the pages must not have done: requests to other origins, violations of the content policy, errors on the console. */
  readonly complaints: string[] = [];
  /** Whether the console is loaded, and remembers nothing of earlier tests. */
  private isLoaded = false;

  private constructor(
    private readonly context: BrowserContext,
    readonly page: Page,
    private readonly origin: string,
  ) {
    page.setDefaultTimeout(TIMEOUT_MS);
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error' && !EXPECTED.test(message.text())) this.complaints.push(message.text());
    });
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${this.origin}/`) && !url.startsWith('data:'))
        this.complaints.push(`foreign request: ${url}`);
    });
  }

  static async arrive(browser: Browser, origin: string, width = 1280): Promise<Visitor> {
    const context = await browser.newContext({
      viewport: { width, height: 800 },
      timezoneId: 'Europe/Berlin',
      reducedMotion: 'reduce',
    });
    return new Visitor(context, await context.newPage(), origin);
  }

  /** Forgets what the browser remembers of the pages and of earlier tests, and closes all tabs but the first. */
  async startAnew(): Promise<void> {
    this.complaints.length = 0;
    for (const tab of this.context.pages()) if (tab !== this.page) await tab.close();
    await this.context.clearCookies();
    if (!this.page.url().startsWith(this.origin)) this.isLoaded = false;
    else if (await this.page.evaluate<boolean>('localStorage.length > 0')) {
      await this.page.evaluate('localStorage.clear()');
      this.isLoaded = false;
    }
  }

  /** Another tab of the same browser. */
  anotherTab(): Promise<Page> {
    return this.context.newPage();
  }

  /**
   * Opens a page as a link of the console does, from a page that shows nothing. Loads the console only if that was not done yet: that takes
   * more processor time than most tests. @param path below `/console/`
   */
  async open(path = ''): Promise<void> {
    if (!this.isLoaded) return this.load(path);
    await this.follow(NOWHERE.path);
    await this.page.getByRole('heading', { level: 1, name: NOWHERE.title }).waitFor();
    await this.follow(path);
    await this.page
      .getByRole('heading', { level: 1 })
      .and(this.page.locator(`:not(:text-is("${NOWHERE.title}"))`))
      .waitFor();
  }

  /** Loads a page of the console, as its address in the browser does. @param path below `/console/` */
  async load(path = ''): Promise<void> {
    await this.page.goto(`${this.origin}/console/${path}`);
    await this.page.getByRole('heading', { level: 1 }).waitFor();
    this.isLoaded = true;
  }

  /** Goes to a page as a link of the console does. @param path below `/console/` */
  async follow(path: string): Promise<void> {
    await this.page.evaluate(`history.pushState(null, '', ${JSON.stringify(`${this.origin}/console/${path}`)})`);
  }

  leave(): Promise<void> {
    return this.context.close();
  }
}
