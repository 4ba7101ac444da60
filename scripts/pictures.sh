# shellcheck shell=bash
# docs/pictures/NAME.svg, made of NAME.dot (Graphviz) or NAME.msc (Mscgen). Another version of these places things elsewhere, so that what
# the check compares is the source: its digest stands in the picture.

readonly pictures=docs/pictures

# Colours by the reader's theme, also where a page shows the picture by <img>: the attributes of the tools are the light ones.
picture_style() {
    cat <<'CSS' | tr -d '\n'
<style>
svg{background:#ffffff}
text{font-family:sans-serif}
text[textLength]{transform:translateY(-2px)}
@media (prefers-color-scheme:dark){
svg{background:#15181d}
[fill="white"]{fill:#15181d}
[fill="black"],text{fill:#e6e8eb}
[stroke="black"],[stroke="#8a94a0"]{stroke:#98a2ae}
polygon[fill="black"]{fill:#98a2ae}
[fill="#eef1f5"]{fill:#2a3038}
[fill="#dbe9ff"]{fill:#1d3a63}
[fill="#d9f2dc"]{fill:#1e4a2a}
[fill="#fde9c8"]{fill:#5a4415}
[fill="#fbdcdc"]{fill:#5f2424}
[stroke="#1f5fbf"]{stroke:#7fb0ff}
[fill="#1f5fbf"]{fill:#7fb0ff}
[stroke="#b3261e"]{stroke:#ff9b93}
[fill="#b3261e"]{fill:#ff9b93}
}
</style>
CSS
}

picture_sources() { find "$pictures" \( -name '*.dot' -o -name '*.msc' \) | sort; }

# The name and the style are part of what a picture is made of.
picture_digest() { { cat "$1" && picture_style; } | sha256sum | cut -c1-32; }

# picture_draw SOURCE: to standard output
picture_draw() {
    local title
    title=$(sed -nE '1s@^(//|#) @@p' "$1")
    case $1 in
        *.dot) dot -Tsvg "$1" ;;
        *.msc) mscgen -T svg -i "$1" -o - ;;
    esac | sed -e '/^<?xml/d' -e '/^<!DOCTYPE/,/>$/d' | sed -z "s|\(<svg[^>]*>\)|\1<title>${title//&/and}</title><!-- made of ${1##*/} $(picture_digest "$1"): ./dev pictures -->$(picture_style)|"
}

write_pictures() {
    local source
    while read -r source; do
        picture_draw "$source" >"$source.new" || { rm -f "$source.new" && return 1; }
        mv "$source.new" "${source%.*}.svg"
    done < <(picture_sources)
}

# Each source can be drawn, and its picture is of this source.
check_pictures() {
    local source picture bad=0
    while read -r source; do
        picture=${source%.*}.svg
        picture_draw "$source" | grep -q '</svg>' || { echo "$source: cannot be drawn" && bad=1; }
        grep -qF "made of ${source##*/} $(picture_digest "$source"):" "$picture" || { echo "$picture is not made of $source as it is: ./dev pictures" && bad=1; }
    done < <(picture_sources)
    for picture in "$pictures"/*.svg; do
        compgen -G "${picture%.svg}.[dm][os][tc]" >/dev/null || { echo "$picture has no source" && bad=1; }
        grep -rqF "pictures/${picture##*/}" docs/*.md README.md || { echo "$picture stands on no page" && bad=1; }
    done
    return "$bad"
}
