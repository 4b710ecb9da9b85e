module.exports = {
  /** Where the service listens, without a slash at the end. A real phone needs HTTPS and a registered domain. */
  baseUrl: 'http://127.0.0.1:8080',

  /**
   * On Cloud Hosting (微信云托管) instead: `{ env: 'YOUR-ENV-ID', service: 'YOUR-SERVICE' }`. It takes neither a domain nor a
   * login: the platform tells the service who calls, which the service has to believe (WX_TRUST_HEADERS=true).
   *
   * @type {{ env: string, service: string } | null}
   */
  cloud: null,
};
