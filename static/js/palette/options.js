// The palette's list: options, in groups with a title.
import { icon } from '../shell/icon.js';
import { markOwnText } from '../shell/own-text.js';

const LABELS = { page: 'page', template: 'template', prompt: 'prompt', run: 'run', model: 'model' };

// nextId() gives each option an id.
export function drawGroup(name, commands, nextId) {
  const box = document.createElement('div');
  const options = commands.map((command) => drawOption(command, nextId(), !name));
  if (name) {
    const title = document.createElement('p');
    title.className = 'column-title';
    title.id = `palette-group-${name.toLowerCase().replaceAll(' ', '-')}`;
    title.textContent = name;
    // A list holds options and groups of them alone.
    title.setAttribute('role', 'presentation');
    box.setAttribute('role', 'group');
    box.setAttribute('aria-labelledby', title.id);
    box.append(title);
  } else {
    box.setAttribute('role', 'presentation');
  }
  box.append(...options);
  return box;
}

function drawOption(command, id, hasKind) {
  const element = document.createElement(command.address ? 'a' : 'button');
  if (command.address) element.href = command.address;
  else element.type = 'button';
  element.id = id;
  element.className = 'palette-option';
  element.tabIndex = -1;
  element.setAttribute('role', 'option');
  const name = document.createElement('span');
  name.className = 'palette-name';
  name.textContent = command.name;
  if (['prompt', 'run', 'model'].includes(command.kind)) markOwnText(name);
  element.append(icon(command.icon), name);
  const note = (hasKind && LABELS[command.kind]) || (!hasKind && command.template);
  if (note) element.append(textElement('span', 'palette-kind', note));
  if (command.keys) element.append(textElement('kbd', '', command.keys));
  return element;
}

function textElement(tag, name, text) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  element.textContent = text;
  return element;
}
