import { App } from './app';

/** App A: rendered on its server. */
export class AppA extends App {
  readonly streamPath = '/events';
  protected readonly afterSignOutPath = '/signed-out';

  get origin(): string {
    return this.demo.appA;
  }
}
