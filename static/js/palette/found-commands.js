// The commands that the server knows of, from its answer: templates, prompts and models.
import { hasModelMenu } from './commands.js';

// words: what was asked.
export function commandsOfAnswer({ templates, models, prompts }, words) {
  const link = (kind, icon) => (entry) => ({ id: `${kind}:${entry.key}`, kind, icon, ...entry });
  return [
    ...templates.map(link('template')).map(withModel),
    // What the server found by words of the text fits, whatever its title.
    ...prompts.map(link('prompt', 'edit')).map((one) => ({ ...one, foundBy: words.trim() })),
    ...(hasModelMenu() ? [] : models.map(link('model', 'sliders'))),
  ];
}

// The page's own link to a template keeps the model that is chosen.
function withModel(command) {
  const link = document.querySelector(`a[data-testid=template-${command.key}]`);
  return link ? { ...command, address: link.href } : command;
}
