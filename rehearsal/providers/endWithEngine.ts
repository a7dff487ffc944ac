const LOOK_EVERY_MILLISECONDS = 1000;

/**
 * Ends this plugin once the engine that started it is gone. An engine that ends in good order ends its
 * plugins; one that is killed leaves them behind, and a remote command would go on unseen. (The real
 * providers ask the engine for its health and end within minutes.)
 */
export function endWithEngine(): void {
    const engine = process.ppid;
    setInterval(() => {
        if (process.ppid !== engine) {
            process.exit(1);
        }
    }, LOOK_EVERY_MILLISECONDS).unref();
}
