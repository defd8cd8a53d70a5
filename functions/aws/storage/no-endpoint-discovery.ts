/**
 * Takes the place of the SDK's endpoint discovery in the bundles: for DynamoDB it is off unless switched on by an environment
 * variable that nothing here sets, and it brings an LRU cache along.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoint-discovery.html
 */
export const resolveEndpointDiscoveryConfig = <T extends object>(config: T): T => config;

export const NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS = {
  environmentVariableSelector: (): undefined => undefined,
  configFileSelector: (): undefined => undefined,
  default: undefined,
};
