/** What film.ts takes of gifenc 1.0.3, which has no types of its own. */
declare module 'gifenc' {
  type Colour = number[];
  interface FrameOptions {
    readonly palette: readonly Colour[];
    /** Ms. */
    readonly delay: number;
    readonly dispose: number;
    readonly transparent?: boolean;
    readonly transparentIndex?: number;
  }
  interface Encoder {
    writeFrame(pixels: Uint8Array, width: number, height: number, options: FrameOptions): void;
    finish(): void;
    bytes(): Uint8Array;
  }
  const gifenc: {
    readonly GIFEncoder: () => Encoder;
    /** `rgba`: four bytes a pixel. */
    readonly quantize: (rgba: Uint8Array, colours: number, options: { readonly format: 'rgb565' }) => Colour[];
    readonly applyPalette: (rgba: Uint8Array, palette: readonly Colour[], format: 'rgb565') => Uint8Array;
  };
  export default gifenc;
}
