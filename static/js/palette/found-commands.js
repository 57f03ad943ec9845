// The commands in the server's answer: templates, prompts, runs, exports and models.
import { hasModelMenu } from './commands.js';

// words: the query.
export function commandsOfAnswer({ templates, models, prompts, runs, exports }, words) {
  const link = (kind, icon) => (entry) => ({ id: `${kind}:${entry.key}`, kind, icon, ...entry });
  return [
    ...templates.map(link('template')).map(withModel),
    // A result found by its text matches, whatever its title.
    ...prompts.map(link('prompt', 'edit')).map((one) => ({ ...one, foundBy: words.trim() })),
    ...runs.map(link('run', 'branch')).map((one) => ({ ...one, foundBy: words.trim() })),
    ...exports.map(link('site', 'download')),
    ...(hasModelMenu() ? [] : models.map(link('model', 'sliders'))),
  ];
}

// The page's own link to a template keeps the chosen model.
function withModel(command) {
  const link = document.querySelector(`a[data-testid=template-${command.key}]`);
  return link ? { ...command, address: link.href } : command;
}
