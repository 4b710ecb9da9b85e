module.exports = {
  /** Where the service listens, without a slash at the end. A real phone needs HTTPS and a registered domain. */
  baseUrl: 'http://127.0.0.1:8080',
};
