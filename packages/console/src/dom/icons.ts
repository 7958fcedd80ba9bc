/**
 * The few pictures that the page draws itself: strokes on a 16 by 16 grid, in the colour of the text.
 */

const SVG = 'http://www.w3.org/2000/svg'

const PATHS = {
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.2v9.6l7.6-4.8z',
  down: 'M8 2.8v10M3.8 8.8 8 13l4.2-4.2',
  up: 'M8 13.2v-10M3.8 7.2 8 3l4.2 4.2',
  close: 'm4 4 8 8M12 4l-8 8',
  back: 'M10 3 5 8l5 5',
  forward: 'm6 3 5 5-5 5',
  alert: 'M8 2 1.6 13.5h12.8zM8 6.5v3.2M8 11.6v.2',
} as const

/** The name of a picture. */
export type IconName = keyof typeof PATHS

/** Draws a picture. It says nothing to a screen reader: the control around it has the words. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('class', 'icon')
  svg.setAttribute('viewBox', '0 0 16 16')
  svg.setAttribute('aria-hidden', 'true')
  const path = document.createElementNS(SVG, 'path')
  path.setAttribute('d', PATHS[name])
  svg.append(path)
  return svg
}
