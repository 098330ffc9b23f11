/** The charting library as the gateway serves it beside the page. */
import uPlot from 'uplot';
// biome-ignore lint/style/noDefaultExport: the library has no other.
export default uPlot;
