# What a fresh Request Tracker of the tests needs that its API cannot make: groups with rights, people, custom fields
# that are applied, a catalog of customers, the webhook's scrip, and an authentication token. The rest is made through
# the API. Loaded once by `rt-setup-database --action insert`, which reads these arrays and runs @Final.
use strict;
use warnings;

sub contents { open my $file, '<', $ENV{ $_[0] } or die "$_[0]: $!"; local $/; return <$file> }

our @Groups = ( { Name => 'CareSync' }, { Name => 'Agents' } );

our @Users = (
    { Name => 'caresync', RealName => 'CareSync', EmailAddress => 'caresync@example.org', Privileged => 1,
      Timezone => 'UTC', Password => $ENV{CARESYNC_PASSWORD}, MemberOf => 'CareSync' },
    map { { Name => lc $_, RealName => $_, EmailAddress => lc($_) . '@example.org', Privileged => 1,
            Password => $ENV{AGENT_PASSWORD}, MemberOf => 'Agents' } } qw(Anna Bert),
);

our @Queues = ( { Name => 'Support', Description => 'Customer support' } );

our @Catalogs = ( { Name => 'Customers', Lifecycle => 'assets' } );

# Custom fields are applied everywhere, as an administrator would apply them.
require JSON;
our @CustomFields = @{ JSON::decode_json( contents('FIELDS_FILE') ) };

my @agents_may = qw(SeeQueue ShowTicket ShowTicketComments ShowOutgoingEmail CreateTicket ReplyToTicket CommentOnTicket
    ModifyTicket DeleteTicket OwnTicket SeeCustomField ModifyCustomField Watch);
my @caresync_may = qw(SeeQueue ShowTicket ShowTicketComments ReplyToTicket CommentOnTicket SeeCustomField
    ModifyCustomField ShowCatalog ShowAsset);

our @ACL = (
    ( map { { Right => $_, GroupDomain => 'UserDefined', GroupId => 'Agents' } } @agents_may ),
    ( map { { Right => $_, GroupDomain => 'UserDefined', GroupId => 'CareSync' } } @caresync_may ),
    { Right => 'CreateTicket', GroupDomain => 'SystemInternal', GroupType => 'Everyone' },
);

our @Scrips = (
    { Description => 'Tell CareSync', ScripCondition => 'On Transaction', ScripAction => 'User Defined',
      Template => 'Blank', Stage => 'TransactionBatch',
      CustomPrepareCode => 'return 1;', CustomCommitCode => contents('SCRIP_FILE') },
);

our @Final = ( sub {
    my $scrip = RT::Scrip->new( RT->SystemUser );
    $scrip->LoadByCols( Description => 'On Correspond Open Inactive Tickets' );
    $scrip->SetScripCondition('User Defined');
    $scrip->SetCustomIsApplicableCode( contents('CONDITION_FILE') );
}, sub {
    require RT::AuthToken;
    my $user = RT::User->new( RT->SystemUser );
    $user->Load('caresync');
    my $token = RT::AuthToken->new( RT->SystemUser );
    my ( $made, $message, $told ) = $token->Create( Owner => $user->id, Description => 'CareSync' );
    die "no token: $message" unless $made;
    open my $file, '>', $ENV{TOKEN_FILE} or die "$ENV{TOKEN_FILE}: $!";
    print {$file} $told;
    close $file or die $!;
} );
1;
