# What a fresh Request Tracker of the tests needs before CareSync's own script (`care-sync setup --script`) is loaded:
# people, agents with their rights, a queue, custom fields of time and of customers, and authentication tokens. The
# rest is made by that script and through the API. Loaded once by `rt-setup-database --action insert`, which reads these
# arrays and runs @Final.
use strict;
use warnings;

sub contents { open my $file, '<', $ENV{ $_[0] } or die "$_[0]: $!"; local $/; return <$file> }

our @Groups = ( { Name => 'Agents' } );

our @Users = (
    { Name => 'caresync', RealName => 'CareSync', EmailAddress => 'caresync@example.org', Privileged => 1,
      Password => $ENV{CARESYNC_PASSWORD} },
    map { { Name => lc $_, RealName => $_, EmailAddress => lc($_) . '@example.org', Privileged => 1,
            Password => $ENV{AGENT_PASSWORD}, MemberOf => 'Agents' } } qw(Anna Bert),
);

our @Queues = ( { Name => 'Support', Description => 'Customer support' } );

# Custom fields are applied everywhere, as an administrator would apply them.
require JSON;
our @CustomFields = @{ JSON::decode_json( contents('FIELDS_FILE') ) };

my @agents_may = qw(SeeQueue ShowTicket ShowTicketComments ShowOutgoingEmail CreateTicket ReplyToTicket CommentOnTicket
    ModifyTicket DeleteTicket OwnTicket SeeCustomField ModifyCustomField Watch);

our @ACL = (
    ( map { { Right => $_, GroupDomain => 'UserDefined', GroupId => 'Agents' } } @agents_may ),
    { Right => 'CreateTicket', GroupDomain => 'SystemInternal', GroupType => 'Everyone' },
);

our @Final = map { my ( $name, $file ) = @$_; sub {
    require RT::AuthToken;
    my $user = RT::User->new( RT->SystemUser );
    $user->Load($name);
    my $token = RT::AuthToken->new( RT->SystemUser );
    my ( $made, $message, $told ) = $token->Create( Owner => $user->id, Description => 'Of the tests' );
    die "no token: $message" unless $made;
    open my $written, '>', $file or die "$file: $!";
    print {$written} $told;
    close $written or die $!;
} } [ caresync => $ENV{TOKEN_FILE} ], [ root => $ENV{ADMINISTRATOR_TOKEN_FILE} ];
1;
