#!/usr/bin/env bash
# Install the LaTeX packages that the report needs, where they are missing and this user may.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source workflow/scripts/steps.sh

packages=(latexmk texlive-latex-recommended texlive-fonts-recommended texlive-lang-spanish lmodern)
fonts=(texlive-luatex fonts-freefont-otf fonts-wqy-microhei fonts-symbola)

# Whether configuration or study hold letters, such as those of a title or a name, that pdfLaTeX does not print.
needs_fonts() {
  LC_ALL=C.UTF-8 grep -qP '[^\x{00}-\x{17F}\x{2000}-\x{22FF}]' config.yaml study/study.yaml 2>/dev/null
}

have_fonts() {
  command -v lualatex && kpsewhich luaotfload-main.lua && kpsewhich fontspec.sty
} >/dev/null 2>&1

needs_fonts && packages+=("${fonts[@]}")
install=(install -y --no-install-recommends "${packages[@]}")

have_latex() {
  command -v latexmk && command -v pdflatex && kpsewhich spanish.ldf && kpsewhich lmodern.sty && kpsewhich utmr8a.pfb && kpsewhich booktabs.sty
} >/dev/null 2>&1

if have_latex && { have_fonts || ! needs_fonts; }; then
  exit 0
fi

start latex
sudo=()
[[ $(id -u) == 0 ]] || sudo=(sudo -n)
if ! command -v apt-get >/dev/null || ! "${sudo[@]}" true 2>>"$log"; then
  have_latex && exit 0 # the report itself says which letters it cannot show
  refuse "the report needs LaTeX; run: sudo apt-get ${install[*]}"
fi

apt=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120)
step "reading the package lists" "${apt[@]}" update
step "installing ${packages[*]}" "${apt[@]}" "${install[@]}"
have_latex || refuse "the packages are installed, but LaTeX is not complete; see $log"
say "done"
