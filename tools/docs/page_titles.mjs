// A plugin of typedoc: pages are listed by their titles, which they begin with, and not by their files' names.
import {RendererEvent} from 'typedoc';

export function load(app) {
  app.renderer.on(RendererEvent.BEGIN, ({project}) => {
    for (const page of project.documents ?? []) {
      const [{text}] = page.content;
      const title = /^# (.+)$/m.exec(text)?.[1];
      if (title === undefined) throw new Error(`the page ${page.name} must begin with its title`);
      page.name = title;
    }
  });
}
