/** Scopes to choose from, by what they let a program do with environments. */
export const scopes = {
  everything: [
    { module: '$all', acl: { read: true, write: true } },
    { module: 'branch', branches: ['$all'], acl: { read: true } },
  ],
  readOnly: [
    { module: 'environment', acl: { read: true } },
    { module: 'branch', branches: ['main', 'development'], acl: { read: true } },
  ],
  otherBranch: [
    { module: 'environment', acl: { read: true, write: true } },
    { module: 'branch', branches: ['development'], acl: { read: true } },
  ],
  otherModule: [
    { module: 'entry', acl: { read: true, write: true } },
    { module: 'branch', branches: ['main'], acl: { read: true } },
  ],
};
