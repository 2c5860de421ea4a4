/** What VS Code's preview of images takes, by how names end. */
const image = /\.(?:jpe?g|jpe|png|bmp|gif|ico|webp|avif)$/i;

/** Whether VS Code shows a file of this name as an image. */
export const isImage = (path: string): boolean => image.test(path);
