// Text of people and of the model: it runs the way of its first letter, and a browser that
// translates the page leaves it as it is. Templates say the same: dir="auto" translate="no".
export function markOwnText(element) {
  element.dir = 'auto';
  element.translate = false;
}
