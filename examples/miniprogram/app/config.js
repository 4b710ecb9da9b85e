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

  /**
   * The template of the message about a missed day (订阅消息模板), the same as the service's WX_ALERT_TEMPLATE_ID. Empty: the
   * pages do not offer one.
   */
  alertTemplate: '',
};
