// Before video.js loads: it must not add <style> elements, which our Content-Security-Policy forbids.
Object.assign(window, { VIDEOJS_NO_DYNAMIC_STYLE: true });

export {};
