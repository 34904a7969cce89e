/**
 * On every answer of both tiers, whatever it is. All that answers here is data: no browser shall take it for a
 * page, show it in a frame, or be led here by plain http a second time (OWASP REST Security Cheat Sheet).
 */
export const securityHeaders = {
  // RFC 6797: two years. Said over plain http, as on a developer's machine, it is ignored.
  "strict-transport-security": "max-age=63072000; includeSubDomains",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  // For browsers and scanners that do not know `frame-ancestors`.
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  // Other sites' pages may ask as far as CORS lets them (edge/cors.ts), but never embed what they cannot read.
  "cross-origin-resource-policy": "same-origin",
} as const;
