// Text of people and of the model has the direction of its first letter, and a browser that
// translates the page does not change it. Templates say the same: dir="auto" translate="no".
export function markOwnText(element) {
  element.dir = 'auto';
  element.translate = false;
}
