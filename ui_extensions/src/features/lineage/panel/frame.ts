/** A panel beside the graph; below it where the screen is narrow. */
export const PANEL =
  "w-80 shrink-0 overflow-y-auto border-l bg-canvas max-md:absolute max-md:inset-x-0 max-md:bottom-0 max-md:z-10 " +
  "max-md:max-h-[60%] max-md:w-full max-md:border-t max-md:border-l-0";
export const WIDE_PANEL =
  "w-[27rem] max-xl:w-96 shrink-0 overflow-y-auto border-l bg-canvas max-md:absolute max-md:inset-x-0 max-md:bottom-0 max-md:z-10 " +
  "max-md:max-h-[70%] max-md:w-full max-md:border-t max-md:border-l-0";
