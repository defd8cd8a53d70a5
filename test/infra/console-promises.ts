import { expect, it } from 'vitest';
import type { Synthesized } from './synthesized-stack.ts';

/** AWS's managed policies: nothing is cached; all headers but Host go on. */
const cachingDisabled = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
const allViewerExceptHostHeader = 'b689b0a8-53d0-40ab-baf2-68738e2966ac';

/** As the resolved policy has them: a parameter, or the issuer and the domain of the user pool. */
const origins =
  /SignInOrigins|https:\/\/cognito-idp\.AWS::Region\.AWS::URLSuffix https:\/\/\w+\.auth\.AWS::Region\.amazoncognito\.com/g;

/** How the console is served. */
export function describeConsole(stack: () => Synthesized): void {
  const config = () => stack().all('AWS::CloudFront::Distribution')[0]?.properties.DistributionConfig;

  it('is in a bucket that only the distribution reads, encrypted, over TLS', () => {
    const [bucket] = stack().all('AWS::S3::Bucket');
    expect(Object.values(bucket?.properties.PublicAccessBlockConfiguration ?? {})).toEqual([true, true, true, true]);
    expect(bucket?.properties.BucketEncryption).toBeDefined();
    const statements = stack()
      .all('AWS::S3::BucketPolicy')
      .flatMap(({ properties }) => properties.PolicyDocument.Statement);
    expect(statements.map(({ Effect, Action, Principal }) => [Effect, ...Action, Principal])).toEqual([
      ['Deny', 's3:*', { AWS: '*' }],
      ['Allow', 's3:GetObject', { Service: 'cloudfront.amazonaws.com' }],
    ]);
    expect(stack().all('AWS::CloudFront::OriginAccessControl')).toHaveLength(1);
  });

  it('is served over TLS only, with the policy on every file, and no error page that hides an answer of the API', () => {
    expect(config()?.CustomErrorResponses).toBeUndefined();
    const behaviors = [config()?.DefaultCacheBehavior, ...(config()?.CacheBehaviors ?? [])];
    for (const behavior of behaviors) {
      expect(['https-only', 'redirect-to-https']).toContain(behavior?.ViewerProtocolPolicy);
      if (!behavior?.OriginRequestPolicyId) expect(behavior?.ResponseHeadersPolicyId).toMatch(/^Console/);
    }
  });

  it('puts a function before the pages only, and none between viewers and the API', () => {
    const [pages, ...others] = [config()?.DefaultCacheBehavior, ...(config()?.CacheBehaviors ?? [])];
    expect(pages?.FunctionAssociations?.map(({ EventType }) => EventType)).toEqual(['viewer-request']);
    expect(others.filter((one) => one?.FunctionAssociations)).toEqual([]);
    const functions = stack()
      .all('AWS::CloudFront::Function')
      .map(({ properties }) => properties);
    expect(functions).toEqual([{ AutoPublish: true, FunctionConfig: { Runtime: 'cloudfront-js-2.0' } }]);
  });

  it('leads to the API with every header but Host, by every method, and without a cache', () => {
    const toApi = config()?.CacheBehaviors.filter(({ OriginRequestPolicyId }) => OriginRequestPolicyId);
    expect(toApi?.map(({ PathPattern }) => PathPattern)).toEqual(['/v3/*', '/oauth2/*']);
    for (const behavior of toApi ?? []) {
      expect(behavior.CachePolicyId).toBe(cachingDisabled);
      expect(behavior.OriginRequestPolicyId).toBe(allViewerExceptHostHeader);
      expect(behavior.AllowedMethods).toContain('DELETE');
    }
  });

  it('runs no script and loads no style, image or font but its own, and talks to itself and the issuer only', () => {
    for (const { properties } of stack().all('AWS::CloudFront::ResponseHeadersPolicy')) {
      const { SecurityHeadersConfig } = properties.ResponseHeadersPolicyConfig;
      expect(SecurityHeadersConfig.ContentSecurityPolicy.ContentSecurityPolicy.replaceAll(origins, 'ISSUER')).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ISSUER; " +
          "font-src 'self'; form-action 'self' ISSUER; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; " +
          'trusted-types default',
      );
    }
  });

  it('keeps what an earlier deployment left, for pages that are open', () => {
    expect(stack().all('Custom::CDKBucketDeployment')[0]?.properties.Prune).toBe(false);
  });
}
