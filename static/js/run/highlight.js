// Colours finished SQL. The highlighter's tree is rebuilt from text nodes, so
// that model text never passes through a parser of HTML.
import hljs from 'highlight.js/lib/core';
import sql from 'highlight.js/lib/languages/sql';

hljs.registerLanguage('sql', sql);

export function colour(element, language) {
  const text = element.textContent;
  if (!text.trim()) return;
  const { _emitter: emitter } = hljs.highlight(text, { language, ignoreIllegals: true });
  element.replaceChildren(...emitter.rootNode.children.map(build));
}

function build(node) {
  if (typeof node === 'string') return document.createTextNode(node);
  const span = document.createElement('span');
  if (node.scope) span.className = `hljs-${node.scope.split('.')[0]}`;
  span.append(...node.children.map(build));
  return span;
}
