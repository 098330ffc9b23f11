// Light or dark: as the system has it, until somebody presses the button.
const root = document.documentElement;
const chosen = localStorage.getItem('chat.theme');
if (chosen !== null) root.dataset.theme = chosen;

document.addEventListener('click', ({ target }) => {
  if (target.id !== 'theme') return;
  const present =
    root.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
  root.dataset.theme = present === 'dark' ? 'light' : 'dark';
  localStorage.setItem('chat.theme', root.dataset.theme);
});
