// A plugin of typedoc: guides are listed by their titles, which they begin with, and not by their files' names.
import {RendererEvent} from 'typedoc';

export function load(app) {
  app.renderer.on(RendererEvent.BEGIN, ({project}) => {
    for (const guide of project.documents ?? []) {
      const [{text}] = guide.content;
      const title = /^# (.+)$/m.exec(text)?.[1];
      if (title === undefined) throw new Error(`the guide ${guide.name} must begin with its title`);
      guide.name = title;
    }
  });
}
