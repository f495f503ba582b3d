/** Listens on the loopback address at the port of this origin, until the process is asked to stop. */
export function serve(server, origin) {
  server.listen(Number(new URL(origin).port), '127.0.0.1');
  process.once('SIGTERM', () => {
    server.close();
    server.closeAllConnections();
  });
}
